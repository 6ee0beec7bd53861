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
export { projectionScenario } from './projection-scenario/projection-scenario.js';
export type { GivenCommit, ProjectionScenario, Row, ScenarioDatabase } from './projection-scenario/types.js';
