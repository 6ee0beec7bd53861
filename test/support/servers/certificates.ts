import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A certificate and its private key, both as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority of one test, which nobody else trusts. */
export interface Authority extends Certificate {
  /** Makes a certificate for host names and IPv4 addresses. */
  issue(...hosts: string[]): Certificate;
}

/** Makes an authority. Node.js can check certificates but not make them, so this writes the few fields itself. */
export function makeAuthority(name: string): Authority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const own = certificate(name, name, keys.publicKey, keys.privateKey, [
    extension(BASIC_CONSTRAINTS, sequence(tagged(0x01, Buffer.from([0xff])))),
  ]);
  return {
    ...pem(own, keys.privateKey),
    issue: (...hosts) => {
      const leaf = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
      const names = hosts.map((host) =>
        /^[\d.]+$/.test(host)
          ? tagged(0x87, Buffer.from(host.split('.').map(Number)))
          : tagged(0x82, Buffer.from(host, 'ascii')),
      );
      const made = certificate(hosts[0] ?? '', name, leaf.publicKey, keys.privateKey, [
        extension(ALTERNATIVE_NAMES, sequence(...names)),
      ]);
      return pem(made, leaf.privateKey);
    },
  };
}

const COMMON_NAME = [0x55, 0x04, 0x03];
const BASIC_CONSTRAINTS = [0x55, 0x1d, 0x13];
const ALTERNATIVE_NAMES = [0x55, 0x1d, 0x11];
const ECDSA_WITH_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

let serial = 0;

function certificate(
  subject: string,
  issuer: string,
  publicKey: KeyObject,
  issuerKey: KeyObject,
  extensions: readonly Buffer[],
): Buffer {
  const algorithm = sequence(identifier(ECDSA_WITH_SHA256));
  const content = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, Buffer.from([++serial])),
    algorithm,
    distinguishedName(issuer),
    sequence(tagged(0x17, Buffer.from('200101000000Z')), tagged(0x17, Buffer.from('491231235959Z'))),
    distinguishedName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', content, issuerKey);
  return sequence(content, algorithm, tagged(0x03, Buffer.concat([Buffer.from([0]), signature])));
}

function distinguishedName(name: string): Buffer {
  const attribute = sequence(identifier(COMMON_NAME), tagged(0x0c, Buffer.from(name, 'utf8')));
  return sequence(tagged(0x31, attribute));
}

function extension(id: readonly number[], value: Buffer): Buffer {
  return sequence(identifier(id), tagged(0x04, value));
}

function identifier(bytes: readonly number[]): Buffer {
  return tagged(0x06, Buffer.from(bytes));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

/** One value of DER: what it is, how long it is, and it. */
function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function pem(der: Buffer, key: KeyObject): Certificate {
  const lines = der.toString('base64').replace(/.{64}/g, '$&\n').trim();
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: String(key.export({ type: 'pkcs8', format: 'pem' })),
  };
}
