#!/bin/bash
# Run once by the image of PostgreSQL, when it makes its data folder (deploy/compose.yaml).
set -euo pipefail
psql -v ON_ERROR_STOP=1 -v owner_password="$OWNER_PASSWORD" -v password="$SHOP_PASSWORD" \
  --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --file /users.sql
