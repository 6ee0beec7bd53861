/**
 * Makes a value unchangeable, plain objects and arrays all the way down: states and bodies are shared between callers,
 * so whoever tries to change one gets a TypeError instead of changing it for everyone. What is frozen already is not
 * looked into again, so freezing the next state costs as much as making it did. Instances of classes are left alone.
 */
export function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || !isPlain(value)) return;
  Object.freeze(value);
  for (const key of Object.keys(value)) deepFreeze((value as Record<string, unknown>)[key]);
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
