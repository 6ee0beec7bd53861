import test from 'ava';
import { storeContract } from '../../src/store/contract.js';
import { useEmbeddedDatabase } from '../support/database.js';

const embedded = useEmbeddedDatabase(test);

storeContract(test, () => embedded.get().store);
