import test from 'ava';
import { CATALOGUE, commandsOfTheProgram } from '../support/cli/sample-commands.js';

// Whatever is tested with every command runs those of the catalogue, so this test is what notices a new one.
test('the catalogue has every command of the program, and no other', (t) => {
  t.deepEqual([...CATALOGUE].sort(), commandsOfTheProgram().sort());
});
