import { spawn } from 'node:child_process';

/** Opens an address in the browser that the user has chosen, and does not wait for it. Where there is none, nothing happens. */
export function openBrowser(url: string, platform: NodeJS.Platform): void {
  const [command = '', ...argv] = commandFor(url, platform);
  const child = spawn(command, argv, { stdio: 'ignore', detached: true });
  // The address is printed, too.
  child.on('error', () => {});
  child.unref();
}

/** The command with which a system opens an address. */
export function commandFor(url: string, platform: NodeJS.Platform): readonly string[] {
  if (platform === 'darwin') return ['open', url];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', url];
  return ['xdg-open', url];
}
