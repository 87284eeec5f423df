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
  if (context.options['quiet'] === true) return;
  if (context.options['no-findings'] !== true) findingsAndFailures(context, prepared, outcome);
  if (removed.outputs > 0) context.screen.write(`keep: results: ${removed.outputs} outputs that nothing needs any more were removed (${bytesText(removed.bytes)}).\n`);
}

function findingsAndFailures(context: CommandContext, {directory, loaded}: PreparedRun, outcome: QuarantineOutcome): void {
  if (outcome.failures.length > 0) {
    const [first] = outcome.failures;
    context.screen.write(`${outcome.failures.length} failed, ${outcome.skipped.size} not started. First: ${first.job} (${first.reason}). Results that do not depend on a failed job are in ${shownPath(context, directory.results)}.\n`);
  }
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
