// The scratch folder of a profile. In Slurm it is the node's: what only the node knows stays as it was written, for the job to expand there.
import {succeeded, type Result} from '../base/result.ts';
import type {Profile} from '../model/profile.ts';
import {expandPath, type PathSetting} from './expand-path.ts';

/** `$NAME` is taken for `${NAME}`. The error is the name of a variable that is not set. */
export function expandScratch(written: string, setting: PathSetting, launcher: Profile['launcher']): Result<string, string> {
  const path = written.replace(/\$([A-Za-z_]\w*)/g, '${$1}');
  const ofNode = launcher === 'local' ? [] : [...path.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name).filter((name) => isOfNode(name, setting));
  if (ofNode.length === 0) return expandPath(path, setting);
  const variables: Record<string, string> = {};
  const kept = Object.fromEntries(ofNode.map((name) => [name, `\${${name}}`]));
  const startsThere = path.startsWith('${') && ofNode.includes(path.slice(2, path.indexOf('}')));
  const expanded = expandPath(startsThere ? `/${path}` : path, {...setting, variables, environment: {...setting.environment, ...kept}});
  if (!expanded.ok) return expanded;
  for (const [name, value] of Object.entries(variables)) if (!ofNode.includes(name)) setting.variables[name] = value;
  return startsThere ? succeeded(expanded.value.slice(1)) : expanded;
}

/** A login node has a TMPDIR of its own, which is not that of the job. */
const isOfNode = (name: string, {environment}: PathSetting): boolean => name === 'TMPDIR' || name.startsWith('SLURM_') || (environment[name] ?? '') === '';
