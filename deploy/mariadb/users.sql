-- The two users of the shop's database, in MariaDB and MySQL: `server migrate` runs as seckill_owner, everything else as
-- seckill, which can neither change the schema nor take the guard off the activity log. With passwords of your own,
-- once, as root, before the first migration. Rights on a database have no exceptions: seckill can write the list of
-- migrations, too.
CREATE USER 'seckill_owner'@'%' IDENTIFIED BY 'OWNER_PASSWORD';
CREATE USER 'seckill'@'%' IDENTIFIED BY 'SHOP_PASSWORD';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, TRIGGER
  ON seckill.* TO 'seckill_owner'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON seckill.* TO 'seckill'@'%';
