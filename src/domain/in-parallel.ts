/** Does something with each of many, so many at a time, and answers in their order. Rejects with the first that fails. */
export async function inParallel<In, Out>(
  items: readonly In[],
  width: number,
  task: (item: In) => Promise<Out>,
): Promise<Out[]> {
  const results: Out[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await task(items[i]!);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}
