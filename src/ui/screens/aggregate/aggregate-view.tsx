import type { PropsWithChildren } from 'hono/jsx';
import type { UiContext } from '../../context.js';
import { CompareLink } from '../../parts/id.js';
import type { Moment } from './moment.js';
import { MomentView } from './moment-view.js';
import type { ReadRequest } from './request.js';
import { Scrubber } from './scrubber.js';
import { SearchForms } from './search-forms.js';

interface AggregateViewProps {
  readonly ui: UiContext;
  readonly moment: Moment;
  readonly read: ReadRequest;
}

/** The page of an aggregate: what moves through its history, the point that is shown, and the changes of one value. */
export function AggregateView({ ui, moment, read, children }: PropsWithChildren<AggregateViewProps>) {
  const { history } = moment;
  return (
    <div id="aggregate">
      <p class="about">
        <code class="whole">{history.id.hex}</code> {history.folding.how} <CompareLink id={history.id} />
      </p>
      <SearchForms read={read} sequence={moment.sequence} />
      <Scrubber moment={moment} />
      <p id="said" class="unseen" role="status" />
      <MomentView ui={ui} moment={moment} />
      {ui.aggregates.length === 0 && <NoHandlers />}
      {children}
    </div>
  );
}

/** The way to states as the application folds them. */
function NoHandlers() {
  return (
    <p class="hint">
      To see states as your handlers fold them, start with the configuration that lists your aggregates,{' '}
      <code>maestro ui --config maestro.config.ts</code>; a program gives them to{' '}
      <code>{'uiHandler({ database, aggregates: [ … ] })'}</code>.
    </p>
  );
}
