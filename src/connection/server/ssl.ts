import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ConnectionOptions, SecureVersion } from 'node:tls';
import { ConfigurationError } from '../errors.js';

/** How a connection is encrypted and what it checks, as in PostgreSQL's own clients. */
export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
/** One of {@link SSL_MODES}. */
export type SslMode = (typeof SSL_MODES)[number];

/** Whether a text names one of {@link SSL_MODES}. */
export function isSslMode(text: string): text is SslMode {
  return (SSL_MODES as readonly string[]).includes(text);
}

/** True when a connection may go on in plaintext. */
export function allowsPlaintext(mode: SslMode): boolean {
  return mode === 'disable' || mode === 'allow' || mode === 'prefer';
}

/** Files that a connection uses besides the system's certificates, and what else it asks of TLS. */
export interface SslFiles {
  readonly sslMode: SslMode;
  readonly sslRootCert: string | undefined;
  readonly sslCert: string | undefined;
  readonly sslKey: string | undefined;
  /** Password that the key is encrypted with. */
  readonly sslPassword?: string | undefined;
  /** Certificates that are not valid any more. */
  readonly sslCrl?: string | undefined;
  readonly sslVersions?: { readonly min: string | undefined; readonly max: string | undefined };
}

/**
 * What TLS is asked for: `require` encrypts and checks who signed the certificate only when an authority is named,
 * `verify-ca` always does, `verify-full` also that it is the host's; `allow` and `prefer` are `require` where they are
 * encrypted. `false` for `disable`. Throws {@link ConfigurationError} for a file that cannot be read.
 */
export function sslOptions(files: SslFiles): ConnectionOptions | false {
  const { sslMode, sslRootCert, sslCert, sslKey, sslPassword, sslCrl, sslVersions } = files;
  if (sslMode === 'disable') {
    if (sslRootCert ?? sslCert ?? sslKey)
      throw new ConfigurationError('Certificates are named, but sslmode is "disable", so they would not be used.', {
        hint: 'Add sslmode=verify-full to the URL. Or leave the certificates out, also in PGSSLROOTCERT and similar variables; with sslmode=disable in the URL the variables are ignored.',
      });
    return false;
  }
  // As in PostgreSQL's own clients, an authority that is named is checked.
  const verifies = sslMode === 'verify-ca' || sslMode === 'verify-full' || sslRootCert !== undefined;
  const options = {
    rejectUnauthorized: verifies,
    ...(sslMode !== 'verify-full' ? { checkServerIdentity: () => undefined } : {}),
    ...(sslRootCert === undefined || sslRootCert === 'system'
      ? {}
      : { ca: readPem('sslrootcert', sslRootCert, isCertificate) }),
    ...(sslCert === undefined ? {} : { cert: readPem('sslcert', sslCert, isCertificate) }),
    ...(sslKey === undefined ? {} : { key: readPem('sslkey', sslKey, (pem) => isPrivateKey(pem, sslPassword)) }),
    ...(sslPassword === undefined ? {} : { passphrase: sslPassword }),
    ...(sslCrl === undefined ? {} : { crl: readPem('sslcrl', sslCrl, isRevocationList) }),
    ...(sslVersions?.min === undefined ? {} : { minVersion: sslVersions.min as SecureVersion }),
    ...(sslVersions?.max === undefined ? {} : { maxVersion: sslVersions.max as SecureVersion }),
  };
  if ((sslCert === undefined) !== (sslKey === undefined))
    throw new ConfigurationError('Of sslcert and sslkey only one is named; the one is of no use without the other.', {
      hint: 'Name both, or none.',
    });
  return options;
}

const KINDS: Readonly<Record<string, string>> = { sslkey: 'private key', sslcrl: 'list of revoked certificates' };

/** The text of a PEM file. TLS itself would ignore some files that hold something else, and refuse others late. */
function readPem(parameter: string, file: string, check: (pem: string) => unknown): string {
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigurationError(`The file of ${parameter}, ${file}, cannot be read.`, {
      hint: 'Check its path and its permissions.',
      cause,
    });
  }
  try {
    check(pem);
  } catch (cause) {
    if (parameter === 'sslkey' && /BEGIN ENCRYPTED PRIVATE KEY|^Proc-Type: 4,ENCRYPTED/m.test(pem))
      throw new ConfigurationError(
        `The private key of ${parameter}, ${file}, is encrypted, and sslpassword is missing or wrong.`,
        {
          hint: `Give its passphrase as sslpassword, or decrypt it with \`openssl pkey -in ${file} -out <new file>\`, keep that private (chmod 600), and name it in sslkey.`,
          cause,
        },
      );
    const what = KINDS[parameter] ?? 'certificate';
    throw new ConfigurationError(`The file of ${parameter}, ${file}, holds no ${what} in PEM form.`, {
      hint: `Name a file that begins with a -----BEGIN … line.`,
      cause,
    });
  }
  return pem;
}

function isCertificate(pem: string): X509Certificate {
  return new X509Certificate(pem);
}

function isPrivateKey(pem: string, passphrase: string | undefined): unknown {
  return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
}

function isRevocationList(pem: string): void {
  if (!pem.includes('-----BEGIN X509 CRL-----')) throw new Error('no X509 CRL');
}
