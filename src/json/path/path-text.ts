/** A path into a value as people write it: `body.items[2].price`, or without a root `items[2].price`. Cut after 12 keys. */
export function pathText(root: string, path: readonly (string | number)[]): string {
  const shown = path.length > 12 ? [...path.slice(0, 12), '…'] : path;
  return shown.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    if (!/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) && key !== '…') return `${text}[${JSON.stringify(key)}]`;
    return text === '' ? key : `${text}.${key}`;
  }, root);
}
