/** For projects whose tests cannot build the package themselves. */
export { builtPackage as setup } from "./built-package.ts";
