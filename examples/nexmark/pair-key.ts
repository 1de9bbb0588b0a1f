/**
 * One key for two ids. A number costs less than a string of both: nothing has to be put together or hashed letter by letter.
 * Tells pairs apart up to 2^27 for the first and 2^26 for the second, which is more auctions than the generator can make.
 */
export const pairKey = (first: number, second: number): number => first * 2 ** 26 + second
