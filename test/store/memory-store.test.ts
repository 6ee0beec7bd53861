import test from 'ava';
import { storeContract } from '../../src/testing/contract.js';
import { MemoryStore } from '../../src/store/memory-store.js';

storeContract(test, () => new MemoryStore());
