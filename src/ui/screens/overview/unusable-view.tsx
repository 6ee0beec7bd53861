import type { Child } from 'hono/jsx';
import type { MaestroError } from '../../../errors.js';
import type { UiContext } from '../../context.js';
import { errorFacts } from '../../errors.js';
import { CopyCommand } from '../../parts/copy-command.js';
import { ErrorPanel } from '../../parts/error-panel.js';
import { Facts } from '../../parts/facts.js';
import { Text } from '../../parts/text.js';

interface UnusableProps {
  readonly ui: UiContext;
  readonly error: MaestroError;
  /** Other schemas of the database with an event log. */
  readonly others: readonly string[];
  readonly findings: Child;
}

/** A database whose log cannot be read, with the cause and what to do about it. */
export function UnusableView({ ui, error, others, findings }: UnusableProps) {
  const { message, hint } = errorFacts(error);
  const isBare = error.code === 'MAESTRO_NOT_MIGRATED';
  return (
    <>
      <Facts
        facts={[
          ['database', ui.location],
          ['schema', ui.schema],
        ]}
      />
      {isBare ? (
        <ErrorPanel message={`There is no event log in schema ${ui.schema} yet.`}>
          <p>
            If this is the database and the schema that you mean, this makes its tables, once:{' '}
            <CopyCommand words={['migrate', ...ui.flags]} />
          </p>
          {others.length > 0 && (
            <p>
              Did you mean another schema? There is an event log in <Text value={others.join(', ')} />.
            </p>
          )}
        </ErrorPanel>
      ) : (
        <ErrorPanel message={message} hint={hint} />
      )}
      {findings}
    </>
  );
}
