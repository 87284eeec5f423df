// What a run says last: failures, samples left out, findings, where the report is, what was removed.
import {existsSync, readFileSync} from 'node:fs';
import {join, relative, resolve} from 'node:path';
import {bytesText} from '../console/bytes-text.ts';
import type {QuarantineOutcome} from '../schedule/quarantine.ts';
import type {CommandContext} from './command.ts';
import type {PreparedRun} from './prepare-run.ts';
import {quarantineText} from './quarantine-text.ts';

/** Findings last. The words are the report step's own; the engine only knows the name of the file. */
export function finalWords(context: CommandContext, prepared: PreparedRun, {outcome, removed}: {readonly outcome: QuarantineOutcome; readonly removed: {readonly outputs: number; readonly bytes: number}}): void {
  if (context.options['quiet'] === true) return tellFailures(context, prepared, outcome);
  if (context.options['no-findings'] !== true) findingsAndFailures(context, prepared, outcome);
  if (removed.outputs > 0) context.screen.write(`keep: results: ${removed.outputs} outputs that nothing needs any more were removed (${bytesText(removed.bytes)}).\n`);
}

function tellFailures(context: CommandContext, {directory}: PreparedRun, {failures, skipped}: QuarantineOutcome): void {
  if (failures.length === 0) return;
  const [first] = failures;
  context.screen.write(`${failures.length} failed, ${skipped.size} not started. First: ${first.job} (${first.reason}). Results that do not depend on a failed job are in ${shownPath(context, directory.results)}.\n`);
}

function findingsAndFailures(context: CommandContext, prepared: PreparedRun, outcome: QuarantineOutcome): void {
  const {directory, loaded} = prepared;
  tellFailures(context, prepared, outcome);
  context.screen.write(quarantineText(outcome.quarantined, {rows: loaded.rows, contrasts: loaded.config.contrasts}));
  const findings = join(directory.results, 'findings.txt');
  if (existsSync(findings)) context.screen.write(readFileSync(findings, 'utf8'));
  const report = join(directory.results, 'report.html');
  if (existsSync(report)) context.screen.write(`Report: ${shownPath(context, report)}\n`);
}

function shownPath(context: CommandContext, path: string): string {
  const near = relative(context.folder, resolve(path));
  return near.startsWith('..') ? path : near;
}
