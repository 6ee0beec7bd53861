import test from 'ava';
import { figure, isFull } from '../../support/figures.js';
import { explore } from './explore.js';
import { Protocol, type Rule, RULES } from './rules.js';
import { LARGER_SCENARIOS } from './larger-scenarios.js';
import { SCENARIOS } from './scenarios.js';
import { SHOWN_BY } from './shown-by.js';

const scenarios = Object.entries({ ...SCENARIOS, ...(isFull ? LARGER_SCENARIOS : {}) });
let explored = 0;

for (const [name, make] of scenarios)
  test(`no interleaving breaks the protocol: ${name}`, (t) => {
    const scenario = make(new Protocol());
    const { fault, trace, states, ends } = explore({ ...scenario, kills: scenario.kills + (isFull ? 2 : 0) });

    t.is(fault, undefined, `The shortest way there:\n${trace.join('\n')}`);
    t.true(ends > 0, 'some interleaving ends');
    explored += states;
  });

for (const [rule, without] of Object.entries(RULES) as [Rule, string][])
  test(`the exploration notices when a rule is broken: ${rule}`, (t) => {
    const { fault } = explore(SCENARIOS[SHOWN_BY[rule]](new Protocol(rule)));

    t.not(fault, undefined, `Nothing is wrong when ${without}: the model does not see the rule, or nobody needs it.`);
  });

test.after(() => {
  figure(
    'the protocol of positions, all interleavings of a model of it',
    `${explored} states of ${scenarios.length} scenarios, in none of which an event was missed or taken in twice; without any one of ${Object.keys(RULES).length} rules a fault was found`,
  );
});
