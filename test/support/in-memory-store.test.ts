import { InMemoryStore } from './in-memory-store.ts';
import { describeStore } from './store-contract.ts';

describeStore('the in-memory store', async (clock) => new InMemoryStore(clock));
