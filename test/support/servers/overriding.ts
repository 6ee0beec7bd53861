/** A proxy of an object, with the given methods in place of its own. */
export function overriding<Target extends object>(target: Target, methods: Partial<Target>): Target {
  return new Proxy(target, {
    get(real, key) {
      if (Object.hasOwn(methods, key)) return Reflect.get(methods, key) as unknown;
      const value = Reflect.get(real, key) as unknown;
      return typeof value === 'function' ? (value.bind(real) as unknown) : value;
    },
  });
}
