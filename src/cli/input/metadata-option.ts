/** `--metadata` of the commands that list events. */
export const METADATA = [
  '--metadata',
  'show the metadata of events in a table, too (json and ndjson always have it)',
] as const;
