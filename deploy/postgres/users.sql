-- The two users of the shop's database: `server migrate` runs as seckill_owner, everything else as seckill, which can
-- neither change the schema nor take the guard off the activity log. Once, as the superuser, before the first migration:
--   psql -v ON_ERROR_STOP=1 -v owner_password=… -v password=… -d seckill -f users.sql
CREATE ROLE seckill_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE seckill LOGIN PASSWORD :'password';
REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO seckill_owner, seckill;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO seckill_owner;
GRANT USAGE ON SCHEMA public TO seckill;
-- The list of migrations, which migrations alone write. An instance that asks whether the database takes writes sets
-- this one column to what it is.
SET ROLE seckill_owner;
CREATE TABLE public.seaql_migrations (version varchar NOT NULL PRIMARY KEY, applied_at bigint NOT NULL);
GRANT SELECT, UPDATE (applied_at) ON public.seaql_migrations TO seckill;
RESET ROLE;
-- Of the tables that migrations will make.
ALTER DEFAULT PRIVILEGES FOR ROLE seckill_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO seckill;
