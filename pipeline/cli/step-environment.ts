// The few variables that a step's process gets, so that a result does not depend on the rest of the user's environment.
const passedOn = ['PATH', 'IGDATA', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH', 'NODE_COMPILE_CACHE', 'LYMPHLINE_DATA'];

export function stepEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return {...Object.fromEntries(passedOn.map((name) => [name, environment[name]])), LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', TZ: 'UTC'};
}
