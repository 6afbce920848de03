import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { readSettings } from '#adapters/settings.ts';
import { changeDesk } from './change-desk.ts';
import { wireChanges } from './wiring.ts';

const depsNow = wireChanges(readSettings(import.meta.url));

/** What is sent from the pages behind links, on an HTTP API (payload 2.0). */
export const handler = async (event: APIGatewayProxyEventV2) => changeDesk(event, depsNow);
