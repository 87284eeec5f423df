// lymphline clean --cache
import {existsSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {bytesText} from '../console/bytes-text.ts';
import {cacheItems, removeCacheItem, sumSizes, type CacheItem} from '../record/clean.ts';
import {exitCodes, numberOption, UsageError, type CommandContext} from './command.ts';
import {openRecordedRun} from './recorded-run.ts';

const dayMilliseconds = 86_400_000;
/** A run may be about to link what it has just looked up. */
const restMilliseconds = 600_000;
const remainsMilliseconds = dayMilliseconds;

export function cleanCache(context: CommandContext, argument: string | undefined): number {
  const root = cacheRoot(context, argument);
  const items = cacheItems(root);
  const chosen = itemsToGo(items, {now: Date.now(), olderThanDays: numberOption(context, 'older-than'), maxBytes: (numberOption(context, 'max-gb') ?? 0) * 1e9 || undefined});
  const stuck = context.options['yes'] ? chosen.flatMap(({path}) => removeCacheItem(path) ?? []) : [];
  if (stuck.length > 0) {
    context.screen.write(`${stuck.length} of ${chosen.length} entries of ${root} could not be removed (${[...new Set(stuck)].join(', ')}): their owner has to.\n`);
    return exitCodes.failed;
  }
  const freed = sumSizes(chosen.map(({size}) => size));
  if (context.options['json']) {
    context.out(`${JSON.stringify({cache: root, removed: context.options['yes'] === true, entries: items.length, items: chosen.map(({path, usedAt, size}) => ({path, used: new Date(usedAt).toISOString(), bytes: size.bytes})), bytes: freed.bytes}, undefined, 1)}\n`);
    return exitCodes.done;
  }
  const all = sumSizes(items.map(({size}) => size));
  const inUse = items.filter(({isInUse}) => isInUse).length;
  context.out(`${root}: ${items.length} entries, ${bytesText(all.bytes + all.sharedBytes)}; ${inUse} of them are in use by run directories and stay.\n`);
  context.out(`${chosen.length} entries ${context.options['yes'] ? 'were removed' : 'could go'}: ${freed.files} files, ${bytesText(freed.bytes)}.${context.options['yes'] || chosen.length === 0 ? '' : ' Remove them with --yes.'}\n`);
  return exitCodes.done;
}

/** The longest unused first. */
function itemsToGo(items: readonly CacheItem[], ask: {now: number; olderThanDays: number | undefined; maxBytes: number | undefined}): CacheItem[] {
  const {now, olderThanDays, maxBytes} = ask;
  const remains = items.filter(({isRemains, usedAt}) => isRemains && now - usedAt > remainsMilliseconds);
  const free = items.filter(({isRemains, isInUse, usedAt}) => !isRemains && !isInUse && now - usedAt > restMilliseconds).sort((a, b) => a.usedAt - b.usedAt);
  const old = olderThanDays === undefined ? free : free.filter(({usedAt}) => now - usedAt > olderThanDays * dayMilliseconds);
  if (maxBytes === undefined) return [...remains, ...old];
  let left = items.reduce((sum, {size}) => sum + size.bytes + size.sharedBytes, 0);
  return [...remains, ...old.filter(({size}) => {
    if (left <= maxBytes) return false;
    left -= size.bytes;
    return true;
  })];
}

function cacheRoot(context: CommandContext, argument: string | undefined): string {
  if (argument !== undefined) {
    const {cache} = openRecordedRun(context, argument);
    if (cache !== undefined) return cache;
  }
  const named = context.environment['LYMPHLINE_CACHE'] || undefined;
  const places = named === undefined ? ['.lymphline-cache', join('runs', '.lymphline-cache')].map((place) => resolve(context.folder, place)) : [resolve(context.folder, named)];
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new UsageError(`There is no cache at ${places.join(' or ')}. Name a run directory that uses it, or set LYMPHLINE_CACHE.`);
  return found;
}
