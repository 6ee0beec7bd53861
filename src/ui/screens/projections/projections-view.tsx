import type { JSX } from 'hono/jsx/jsx-runtime';
import { type CopyFacts, hasStaleTables } from '../../../projection/status/copy-status.js';
import { staleText } from '../../../projection/status/describe-status.js';
import type { UiContext } from '../../context.js';
import { CopyCommand } from '../../parts/copy-command.js';
import { Empty } from '../../parts/empty.js';
import { Text } from '../../parts/text.js';
import { Bad, isIdle } from './copies.js';
import { ParkedList } from './parked-list.js';

interface ProjectionsViewProps {
  readonly ui: UiContext;
  readonly facts: readonly CopyFacts[];
  /** The table of them. */
  readonly copies: JSX.Element;
}

/** All copies of projections and all subscriptions: who runs them, what they have parked, and what can be done about it. */
export function ProjectionsView({ ui, facts, copies }: ProjectionsViewProps) {
  if (facts.length === 0)
    return (
      <Empty>
        No projection and no subscription has run on this database yet. An application runs them with{' '}
        <code>runProjections</code>, and <code>maestro projections run</code> those of the configuration file.
      </Empty>
    );
  return (
    <>
      {copies}
      <Idle ui={ui} facts={facts} />
      {facts.map(
        (each) =>
          hasStaleTables(each, facts) && (
            <p class="bad">
              <Text value={staleText(each)} />
            </p>
          ),
      )}
      {facts.map((each) => each.parked.length > 0 && <ParkedList ui={ui} facts={each} />)}
      <Rebuilds ui={ui} facts={facts} />
    </>
  );
}

/** The copies without a worker, and how to start one. */
function Idle({ ui, facts }: Pick<ProjectionsViewProps, 'ui' | 'facts'>) {
  const idle = [...new Set(facts.filter(isIdle).map(({ copy }) => copy.name))];
  if (idle.length === 0) return <></>;
  const isConfigured = ui.projections.some(({ name }) => idle.includes(name));
  return (
    <p class="idle">
      <Bad text={`No worker runs ${idle.join(', ')}: what is committed is not taken in.`} /> Start the application that
      runs {idle.length === 1 ? 'it' : 'them'}
      {isConfigured && (
        <>
          , or those that the configuration file lists: <CopyCommand words={['projections', 'run', ...ui.flags]} />
        </>
      )}
    </p>
  );
}

/** The commands that fill the tables of projections anew, or end that. */
function Rebuilds({ ui, facts }: Pick<ProjectionsViewProps, 'ui' | 'facts'>) {
  const projections = facts.filter(({ copy }) => copy.kind === 'projection' && copy.status !== 'retired');
  if (projections.length === 0) return <></>;
  const names = [...new Set(projections.map(({ copy }) => copy.name))];
  const isBuilding = (name: string) => projections.some(({ copy }) => copy.name === name && copy.status === 'building');
  return (
    <section id="rebuilds">
      <h2>Rebuild</h2>
      <p class="hint">
        Nothing can be changed here. These commands fill the tables of a projection anew beside the live ones:
      </p>
      <ul class="commands">
        {names.map((name) => (
          <li>
            <CopyCommand words={['projections', 'rebuild', name, ...ui.flags]} />
            {isBuilding(name) && (
              <>
                {' '}
                A rebuild is under way; this ends it:{' '}
                <CopyCommand words={['projections', 'rebuild', name, '--cancel', ...ui.flags]} />
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
