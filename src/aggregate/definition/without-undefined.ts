/** A copy without undefined properties, which must not hide a default. */
export function withoutUndefined<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, property]) => property !== undefined)) as Value;
}
