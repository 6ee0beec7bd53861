import type { Command } from 'commander';

/** Topics of `maestro help` besides the commands. */
export const HELP_TOPICS = ['options', 'times'] as const;

/** One of {@link HELP_TOPICS}. */
export type HelpTopic = (typeof HELP_TOPICS)[number];

/** True for a topic, false for a command. */
export function isTopic(word: string | undefined): word is HelpTopic {
  return HELP_TOPICS.some((topic) => topic === word);
}

/** The width for output that is not a terminal, or a terminal of unknown width. */
const USUAL_WIDTH = 80;

const TIMES = `Times are local unless they name a zone, and are written as

  2026-11-22, today, yesterday, monday   a whole day: --since its first moment, --until its last
  "2026-11-22 14:34", 14:34              a second, likewise; also "yesterday 14:34",
                                         2:34pm, noon, "sat 9:00", "28 Nov 14:34" (the last one)
  "2026-11-22 14:34:05.250167+00"        an instant, as PostgreSQL, logs and programs print it
  2026-11-22T14:34:05.250Z
  "22 Nov 2026 14:34:05 +0100"           as mail, Git and web servers print it
  90m, -1h, 1h30m, 14d, 2w               that long ago: ms, s, m, h, d, w, mo (month), y
  "2 weeks ago", now
  1795358045, 1795358045250, @1795358045.25
                                         seconds (ten digits or @) or milliseconds since 1970

Where one moment is needed (replay --at, diff), a day or a second means its first moment.

Ids are written as 32 hex digits, \\x and 32 hex digits, a UUID, or the text form of a timestamp
(2026-11-22T14:34:05.250Z-002E-F3D2116E5C2B276D), or by their first digits, at least four, as long
as only one id begins with them.
`;

/** The text of a topic; `columns` is the width of the terminal. */
export function helpTopic(topic: HelpTopic, program: Command, columns: number | undefined): string {
  if (topic === 'times') return TIMES;
  const help = program.createHelp();
  help.prepareContext({ helpWidth: columns || USUAL_WIDTH });
  const options = help.visibleOptions(program).filter(({ long }) => long !== '--version');
  const width = help.longestOptionTermLength(program, help);
  const lines = options.map((option) =>
    help.formatItem(help.optionTerm(option), width, help.optionDescription(option), help),
  );
  return `Options of every command:\n${lines.join('\n')}\n`;
}
