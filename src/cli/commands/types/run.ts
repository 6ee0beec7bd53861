import { typeStatistics } from '../../../admin/log-statistics/log-statistics.js';
import { withDatabase } from '../../database/with-database.js';
import { DONE, type ExitCode, FOUND } from '../../exit-codes.js';
import { configuredAggregates } from '../../fold/choose-aggregate.js';
import type { Invocation } from '../../invocation.js';
import { noteEmptyLog } from '../../output/notes/other-schemas.js';
import { printRows } from '../../output/print-rows.js';
import { escapeText } from '../../../text/escape.js';
import { counted, decimal } from '../../../text/figures.js';
import type { Column } from '../../render/fitted-table.js';
import { shortTime } from '../../render/local-time.js';
import type { Style } from '../../render/style.js';
import { type HandledType, handledTypes, handlersText, isUnhandled } from './handled-types.js';

/** The options of `maestro types`. */
export interface TypesOptions {
  readonly exitCode?: boolean;
}

/** Lists the stored types of events; with `--exit-code` exits with 1 when no definition handles one. */
export async function run({ exitCode = false }: TypesOptions, invocation: Invocation): Promise<ExitCode> {
  const { output } = invocation;
  const definitions = exitCode
    ? await configuredAggregates(invocation, '--exit-code')
    : ((await invocation.configuration()).aggregates ?? []);
  return await withDatabase(invocation, async (database) => {
    output.progress.report('Counting, which reads the whole log');
    const types = handledTypes(await typeStatistics(database), definitions);
    const unhandled = types.filter(isUnhandled).length;
    await printRows<HandledType>(types, output, {
      id: ({ type }) => escapeText(type),
      json: (type) => type,
      columns: columns(output.style, definitions.length > 0),
      whenNone: () => noteEmptyLog(database, output),
    });
    if (definitions.length === 0)
      await output.note('no aggregates are configured, so it is not known what handles a type');
    else if (unhandled > 0)
      await output.note(`no configured definition handles ${decimal(unhandled)} of ${counted(types.length, 'type')}`);
    return exitCode && unhandled > 0 ? FOUND : DONE;
  });
}

function columns(style: Style, hasDefinitions: boolean): readonly Column<HandledType>[] {
  const handlers: Column<HandledType> = {
    heading: 'HANDLED BY',
    value: handlersText,
    paint: (text, type) => (isUnhandled(type) ? style.bad(text) : text),
    least: 12,
    wraps: true,
  };
  return [
    { heading: 'TYPE', value: ({ type }) => type, paint: (text, { type }) => style.type(text, type) },
    { heading: 'EVENTS', value: ({ events }) => decimal(events), align: 'right' },
    { heading: 'FIRST', value: ({ firstTime }) => shortTime(firstTime), optional: 2 },
    { heading: 'LAST', value: ({ lastTime }) => shortTime(lastTime), optional: 1 },
    ...(hasDefinitions ? [handlers] : []),
  ];
}
