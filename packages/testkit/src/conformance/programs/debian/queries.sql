CREATE TABLE numbers (n INTEGER PRIMARY KEY, square INTEGER, name TEXT);
WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 5000)
  INSERT INTO numbers SELECT x, x * x, printf('number %05d', x * 7919 % 5003) FROM c;
CREATE INDEX by_name ON numbers (name);
SELECT count(*), sum(square), avg(n), min(name), max(name) FROM numbers;
SELECT n, name FROM numbers WHERE name LIKE 'number 0123%' ORDER BY name LIMIT 5;
SELECT n % 7 AS m, count(*), total(square) / 3 FROM numbers GROUP BY m HAVING m > 2 ORDER BY m DESC;
SELECT a.n, b.n FROM numbers a JOIN numbers b ON a.square = b.n WHERE a.n < 8;
BEGIN;
UPDATE numbers SET square = -square WHERE n % 2;
SELECT sum(square) FROM numbers;
ROLLBACK;
SELECT sum(square) FROM numbers;
SELECT json_extract('{"a": [1, 2.5, {"b": "c"}]}', '$.a[2].b'), json_array_length('[1,2,3]');
SELECT date('2024-02-28', '+2 days'), strftime('%j %W', '2024-12-31'), julianday('2000-01-01');
SELECT 1.0 / 3, 1e300 * 1e10, round(2.567, 1), abs(-9223372036854775807), 9223372036854775807 + 1, hex(x'00ff'), typeof(1 / 2), 7 % -3;
SELECT sum(n) OVER (ORDER BY n ROWS 2 PRECEDING) FROM numbers LIMIT 4;
SELECT group_concat(upper(substr(name, 1, 3)), '-') FROM (SELECT name FROM numbers LIMIT 3);
CREATE TABLE other AS SELECT n AS k, name FROM numbers WHERE n BETWEEN 100 AND 110;
DELETE FROM numbers WHERE n IN (SELECT k FROM other);
SELECT (SELECT count(*) FROM numbers), (SELECT count(*) FROM other);
PRAGMA integrity_check;
VACUUM;
.mode column
SELECT * FROM other LIMIT 2;
.dump other
SELECT * FROM missing;
