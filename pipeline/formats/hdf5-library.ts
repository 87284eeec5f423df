// The HDF5 library itself, set so that what is damaged throws.
export async function openLibrary(): Promise<typeof import('h5wasm/node')> {
  const h5wasm = await import('h5wasm/node');
  const module = (await h5wasm.ready) as unknown as {activate_throwing_error_handler: () => void};
  // Without it a damaged chunk is read as zeros, with a message on stderr only.
  module.activate_throwing_error_handler();
  return h5wasm;
}
