import '../node-version.js';
export { type ContractExecution, type ContractTest, storeContract } from './contract.js';
export { scenario, type ScenarioOptions } from './scenario/scenario.js';
export { ScenarioError } from './scenario/scenario-error.js';
export type {
  Decision,
  ExpectedError,
  GivenEvent,
  GivenFacts,
  GivenStoredEvent,
  Scenario,
  WhenOptions,
} from './scenario/types.js';
