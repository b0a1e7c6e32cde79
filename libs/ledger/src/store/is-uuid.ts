const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** Whether PostgreSQL takes it for a `uuid`, written as PostgreSQL writes it itself. */
export const isUuid = (text: string): boolean => UUID.test(text);
