import type { JSX } from 'hono/jsx/jsx-runtime';
import { type CopyFacts, hasStaleTables } from '../../../projection/status/copy-status.js';
import { speedText, staleText, statusText } from '../../../projection/status/describe-status.js';
import { decimal } from '../../../text/figures.js';
import type { UiContext } from '../../context.js';
import { CopyCommand } from '../../parts/copy-command.js';
import { Empty } from '../../parts/empty.js';
import { Table } from '../../parts/table.js';
import { Text } from '../../parts/text.js';
import { Time } from '../../parts/time.js';
import { ParkedList } from './parked-list.js';

interface ProjectionsViewProps {
  readonly ui: UiContext;
  readonly facts: readonly CopyFacts[];
  /** Distances from the log. */
  readonly behind: JSX.Element;
}

/** All copies of projections and all subscriptions: who runs them, what they have parked, and what can be done about it. */
export function ProjectionsView({ ui, facts, behind }: ProjectionsViewProps) {
  if (facts.length === 0)
    return (
      <Empty>
        No projection and no subscription has run on this database yet. An application runs them with{' '}
        <code>runProjections</code>, and <code>maestro projections run</code> those of the configuration file.
      </Empty>
    );
  return (
    <>
      <Copies facts={facts} />
      <Idle ui={ui} facts={facts} />
      {facts.map(
        (each) =>
          hasStaleTables(each, facts) && (
            <p class="bad">
              <Text value={staleText(each)} />
            </p>
          ),
      )}
      {behind}
      {facts.map((each) => each.parked.length > 0 && <ParkedList ui={ui} facts={each} />)}
      <Rebuilds ui={ui} facts={facts} />
    </>
  );
}

function Copies({ facts }: Pick<ProjectionsViewProps, 'facts'>) {
  return (
    <Table
      caption="Projections and subscriptions"
      rows={facts}
      columns={[
        { heading: 'Name', cell: ({ copy }) => <Text value={copy.name} /> },
        { heading: 'Version', cell: ({ copy }) => String(copy.version), numeric: true },
        { heading: 'Status', cell: (each) => statusText(each) },
        {
          heading: 'Workers',
          cell: (each) => (isIdle(each) ? <Bad text="0" /> : decimal(each.activity.workers)),
          numeric: true,
        },
        { heading: 'Events/s', cell: (each) => speedText(each), numeric: true, optional: true },
        { heading: 'Parked', cell: ({ activity }) => <Count of={activity.failed} />, numeric: true },
        { heading: 'Gaps', cell: ({ activity }) => <Count of={activity.gaps} />, numeric: true },
        { heading: 'Tables missing', cell: ({ missing }) => <Bad text={missing.join(', ')} />, optional: true },
        { heading: 'Made', cell: ({ copy }) => <Time at={copy.createdAt.getTime()} toSecond />, optional: true },
      ]}
    />
  );
}

/** True for a copy that is in use or being filled, with nobody at it. */
function isIdle({ copy, activity }: CopyFacts): boolean {
  return copy.status !== 'retired' && activity.workers === 0;
}

/** The copies without a worker, and how to start one. */
function Idle({ ui, facts }: Pick<ProjectionsViewProps, 'ui' | 'facts'>) {
  const idle = [...new Set(facts.filter(isIdle).map(({ copy }) => copy.name))];
  if (idle.length === 0) return <></>;
  return (
    <p class="idle">
      <Bad text={`No worker runs ${idle.join(', ')}: what is committed is not taken in.`} /> Start one, by the
      application or, for what its configuration file lists: <CopyCommand words={['projections', 'run', ...ui.flags]} />
    </p>
  );
}

function Count({ of }: { readonly of: number }) {
  return of === 0 ? <>0</> : <Bad text={decimal(of)} />;
}

function Bad({ text }: { readonly text: string }) {
  return (
    <span class="bad">
      <Text value={text} />
    </span>
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
