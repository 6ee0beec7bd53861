/**
 * The rules of the protocol. The exploration is repeated without each of them, and has to find a fault then: else the
 * rule would not be needed, or the model would not notice.
 */
export const RULES = {
  'a worker locks the position': 'it only reads the position',
  'a worker reads events after it has the lock': 'it reads position and events, and then locks the position',
  'events are read in a later statement than the lock': 'one statement locks the position and reads the events',
  'the position moves in the transaction of the read model': 'the position moves in a transaction of its own',
  'only a contiguous prefix is taken in': 'whatever is there beyond the position is taken in',
  'a worker checks the copy after it has the lock': 'it looks at the copy only before',
  'a worker that finds another copy rolls back': 'it commits the positions that it added',
  'a snapshot is taken after the locks of tables': 'the statement takes its snapshot before',
  'what fails is parked': 'a worker passes over an event that fails',
  'a skip is recorded': 'the operator only moves the position',
  'a skip matches the position': 'the operator sets the position whatever it is',
  'an inline projection matches first − 1': 'the commit sets the position whatever it is',
  'an inline projection checks copy and version': 'the commit moves the position of the copy that it knew',
  'at REPEATABLE READ the row of the copy is locked': 'the copy is looked up in the old snapshot',
  'an inline projection leaves a parked aggregate alone': 'it takes in what comes after the parked event',
  'an inline projection takes a missing position for 0': 'it adds the position as if nothing were missing',
  'an inline projection leaves a gap alone': 'it takes in its own events behind a gap',
  'catching up in a commit reads after the lock': 'it reads the missing events before it has the lock',
  'catching up in a commit ends before its own events': 'it takes in all that it sees, and then its own events',
  'catching up in a commit fails as a whole': 'what was taken in before the failure stays, without its position',
  'the switch keeps movers out': 'it locks nothing',
  'the switch takes in what is missing': 'it trusts the sweep before it',
  'the switch checks the copies behind the barrier': 'it looks at the copies only before',
  'the switch is one transaction': 'each table is switched in its own transaction',
  'locks of tables are taken in one order':
    'the switch takes that of the copies after that of positions, an erasure before it',
  'locks of rows come after those of tables':
    'a commit at REPEATABLE READ locks the row of the copy, and then the table of positions',
  'locks of rows are taken in one order': 'a commit goes through its aggregates backwards',
  'an erasure locks positions first': 'it deletes the rows without a lock on the position',
  'an erasure locks positions that are not there yet': 'it locks only what is there',
  'an erasure removes positions': 'it leaves them',
  'an erasure reaches building copies': 'it reaches the live copy only',
  'an erasure keeps new copies out': 'copies can be registered beside it',
  'an erasure of paths begins the aggregate anew': 'it leaves the position',
  'discovery does not rely on timestamps': 'a worker remembers the last timestamp, and looks only beyond it',
  'a subscription matches lease and position':
    'the position is set to the event that was handled, whatever happened meanwhile',
  'a subscription moves the position last': 'the position moves before the handler runs',
} as const;

export type Rule = keyof typeof RULES;

/** The protocol with all of its rules, or all but one. */
export class Protocol {
  constructor(readonly without?: Rule) {}

  keeps(rule: Rule): boolean {
    return rule !== this.without;
  }
}
