/** The option `--aggregate` of commands that list: flags and description. */
export const KIND = [
  '--aggregate <name>',
  'only aggregates that belong to this definition of the configuration file',
] as const;
