/**
 * Has a Citus cluster tell its nodes the settings that a transaction makes with `SET LOCAL` after it; `set_config` and settings that were
 * made before stay with the node that was asked.
 */
export const TELL_SETTINGS = "SET LOCAL citus.propagate_set_commands = 'local'";
