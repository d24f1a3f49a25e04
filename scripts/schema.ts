import { writeFileSync } from 'node:fs';
import { openDatabase } from '../src/store/database.ts';
import { dumpSchema, schemaFile, schemaMigrations, schemas } from '../src/store/schema.ts';

/** `npm run schema`: writes the schema that the migrations make, so that what a migration changes stands in the diff. */
for (const name of schemas) {
  const database = await openDatabase(':memory:', schemaMigrations(name));
  writeFileSync(schemaFile(name), dumpSchema(database));
  await database.close();
}
