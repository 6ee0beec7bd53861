/** The part of the package that is used here; it ships no types. */
declare module 'fs-native-extensions' {
  const extensions: {
    /** Locks the whole file without waiting; false when another open file holds the lock. */
    tryLock(file: number): boolean;
  };
  export default extensions;
}
