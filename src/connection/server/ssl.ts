import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ConnectionOptions, SecureVersion } from 'node:tls';
import { ConfigurationError } from '../errors.js';

/** Values of `sslmode`: the encryption of a connection and the checks of certificates, as in PostgreSQL's own clients. */
export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
/** One of {@link SSL_MODES}. */
export type SslMode = (typeof SSL_MODES)[number];

/** True for one of {@link SSL_MODES}. */
export function isSslMode(text: string): text is SslMode {
  return (SSL_MODES as readonly string[]).includes(text);
}

/** True when a connection may be unencrypted. */
export function allowsPlaintext(mode: SslMode): boolean {
  return mode === 'disable' || mode === 'allow' || mode === 'prefer';
}

/** TLS settings of an address: its mode, files in PEM form, and versions. */
export interface SslFiles {
  readonly sslMode: SslMode;
  readonly sslRootCert: string | undefined;
  readonly sslCert: string | undefined;
  readonly sslKey: string | undefined;
  /** Password that the key is encrypted with. */
  readonly sslPassword?: string | undefined;
  /** File with revoked certificates. */
  readonly sslCrl?: string | undefined;
  readonly sslVersions?: { readonly min: string | undefined; readonly max: string | undefined };
}

/**
 * Options for Node's TLS; `false` for `disable`. `require` checks the certificate's authority only when `sslrootcert` names
 * one, `verify-ca` always, and `verify-full` also checks that the certificate is for the host. An encrypted connection of
 * `allow` or `prefer` is as with `require`. Throws {@link ConfigurationError} for a file that cannot be used.
 */
export function sslOptions(files: SslFiles): ConnectionOptions | false {
  const { sslMode, sslRootCert, sslCert, sslKey, sslPassword, sslCrl, sslVersions } = files;
  if (sslMode === 'disable') {
    if (sslRootCert ?? sslCert ?? sslKey)
      throw new ConfigurationError('Certificates are given, but sslmode is "disable", so they would not be used.', {
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
    throw new ConfigurationError('Only one of sslcert and sslkey is given; they are needed together.', {
      hint: 'Give both, or neither.',
    });
  return options;
}

const KINDS: Readonly<Record<string, string>> = { sslkey: 'private key', sslcrl: 'list of revoked certificates' };

/** The text of a PEM file. Checked here because TLS ignores some wrong files, and refuses others only when it connects. */
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
