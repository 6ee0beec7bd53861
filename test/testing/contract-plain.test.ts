import test from 'ava';
import { storeContract } from '../../src/testing/contract.js';
import { useTestDatabase } from '../support/database.js';

const database = useTestDatabase(test);

storeContract(test, () => database.store());
