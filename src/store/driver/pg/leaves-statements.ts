/** Classes of clients that send a statement just as Knex's own does. */
const leaving = new WeakSet<object>();

/** Notes that clients of a class leave statements as they are. */
export function leaveStatements(client: object): void {
  leaving.add(client);
}

/** True for a client that was derived from Knex's own and leaves statements as they are. */
export function leavesStatements(client: { readonly constructor: object }): boolean {
  return leaving.has(client.constructor);
}
