/** What counts as a text file and as a word here: shared by the job and by the independent count. */
export const textFiles = 'node_modules/**/*.{md,txt,ts,mts,cts,js,mjs,cjs,json,map}'

export const wordsOf = (line: string): string[] => line.toLowerCase().match(/\p{L}+/gu) ?? []
