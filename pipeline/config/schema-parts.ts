// The bricks of our JSON schemas. Every key has a description: editors show it on hover.
export type Schema = Readonly<Record<string, unknown>>;

export const text = (description: string, more: Schema = {}): Schema => ({type: 'string', minLength: 1, description, ...more});
export const texts = (description: string, more: Schema = {}): Schema => ({type: 'array', items: {type: 'string', minLength: 1}, description, ...more});
export const oneOf = (values: readonly string[], description: string, more: Schema = {}): Schema => ({enum: values, description, ...more});
export const positive = (description: string, more: Schema = {}): Schema => ({type: 'number', exclusiveMinimum: 0, description, ...more});
export const whole = (minimum: number, description: string, more: Schema = {}): Schema => ({type: 'integer', minimum, description, ...more});

/** Unknown keys are errors. */
export function keys(description: string, properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema {
  return {type: 'object', description, additionalProperties: false, required, properties};
}
