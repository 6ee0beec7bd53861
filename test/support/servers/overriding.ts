/** An object that works as another does, but for the methods that are given: what happens between a test and the real thing. */
export function overriding<Target extends object>(target: Target, methods: Partial<Target>): Target {
  return new Proxy(target, {
    get(real, key) {
      if (Object.hasOwn(methods, key)) return Reflect.get(methods, key) as unknown;
      const value = Reflect.get(real, key) as unknown;
      return typeof value === 'function' ? (value.bind(real) as unknown) : value;
    },
  });
}
