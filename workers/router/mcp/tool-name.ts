/**
 * A capability as the name of a tool. MCP allows letters, digits, `_`, `-` and `.` in one, and the models that
 * choose tools mostly no dot. No capability has an underscore, so no two get the same name.
 */
export function toolName(capability: string): string {
  return capability.replace('/', '_')
}
