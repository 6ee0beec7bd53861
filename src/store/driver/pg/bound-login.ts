import { LoginRefusedError } from '../../errors.js';
import type { PgLogin, PgModule } from '../relied-upon.js';
import { withClient, withEndingClient } from './ending-client.js';

/** A login that is bound to the encrypted connection, so that nobody in between can pass it on. */
const BOUND = 'SCRAM-SHA-256-PLUS';

/**
 * The driver with a client that logs in only where the login is bound to the encrypted connection (`channel_binding=require`):
 * another way to log in ends the connection before a password, or anything made of it, is sent.
 */
export function withBoundLogin(pg: PgModule): PgModule {
  const driver = withEndingClient(pg);
  class BoundLoginClient extends driver.Client {
    constructor(config: object) {
      super(config);
      const { connection: login } = this as unknown as { readonly connection: PgLogin };
      let isBound = false;
      // Asked before the driver answers, which hears of it after this.
      const refuse = () => {
        const error = new LoginRefusedError(
          'The server does not offer channel binding, which channel_binding=require asks for.',
          {
            hint: 'Check that nobody intercepts the connection. If the server has no channel binding, leave channel_binding out.',
          },
        );
        this.password = () => Promise.reject(error);
        return error;
      };
      login.on('authenticationSASL', ({ mechanisms }) => {
        isBound = mechanisms.includes(BOUND);
        if (!isBound) refuse();
      });
      login.on('authenticationCleartextPassword', refuse);
      login.on('authenticationMD5Password', refuse);
      login.on('authenticationOk', () => {
        if (isBound) return;
        login.emit('error', refuse());
        login.stream.destroy();
      });
    }
  }
  return withClient(driver, BoundLoginClient);
}
