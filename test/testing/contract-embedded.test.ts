import test from 'ava';
import { storeContract } from '../../src/testing/contract.js';
import { useEmbeddedDatabase } from '../support/database.js';

const embedded = useEmbeddedDatabase(test);

storeContract(test, () => embedded.get().store);
