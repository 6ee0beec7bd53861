import { Chalk, type ChalkInstance } from 'chalk';

const PALETTE = ['cyan', 'green', 'yellow', 'magenta', 'blue', 'cyanBright', 'greenBright', 'magentaBright'] as const;

/** Colours by meaning. */
export interface Style {
  /** A heading. */
  readonly heading: (text: string) => string;
  /** Something less important. */
  readonly faint: (text: string) => string;
  /** The type of an event; each type has the same colour in every table. */
  readonly type: (text: string, type: string) => string;
  /** Something that is right or new. */
  readonly good: (text: string) => string;
  /** Something that needs attention. */
  readonly bad: (text: string) => string;
  /** Something that has changed. */
  readonly changed: (text: string) => string;
  /** Something that was removed. */
  readonly removed: (text: string) => string;
  /** Something to be found at a glance. */
  readonly marked: (text: string) => string;
}

/** The style with or without colour. */
export function createStyle(colour: boolean): Style {
  const chalk: ChalkInstance = new Chalk({ level: colour ? 1 : 0 });
  return {
    heading: alone(chalk.bold),
    faint: alone(chalk.dim),
    type: (text, type) => chalk[PALETTE[paletteIndex(type)] ?? 'cyan'](text),
    good: alone(chalk.green),
    bad: alone(chalk.yellow),
    changed: alone(chalk.yellow),
    removed: alone(chalk.red),
    marked: alone(chalk.inverse),
  };
}

/** A paint function that ignores further arguments, which `map` gives and chalk would print. */
function alone(paint: ChalkInstance): (text: string) => string {
  return (text) => paint(text);
}

function paletteIndex(type: string): number {
  let hash = 7;
  for (let index = 0; index < type.length; index += 1) hash = (hash * 31 + type.charCodeAt(index)) % 65_521;
  return hash % PALETTE.length;
}
