-- A table is filled, indexed, joined, grouped and searched.
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, region INTEGER);
WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 2000)
  INSERT INTO customers SELECT x, printf('customer %04d', x * 7919 % 2003), x % 17 FROM c;
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, amount REAL, note TEXT);
WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 30000)
  INSERT INTO orders
    SELECT x, x * 104729 % 2000 + 1, (x * 31337 % 10007) / 100.0, printf('%08X', x * 2654435761 % 4294967296) FROM c;
CREATE INDEX orders_by_customer ON orders (customer, amount);
SELECT region, count(*), round(sum(amount), 2), max(note)
  FROM orders JOIN customers ON customers.id = orders.customer GROUP BY region ORDER BY 3 DESC;
SELECT name, (SELECT count(*) FROM orders WHERE customer = customers.id AND amount > 50) AS large
  FROM customers ORDER BY large DESC, name LIMIT 10;
SELECT count(*) FROM orders WHERE note LIKE '%ABC%' OR note GLOB '*[0-3]F?';
UPDATE orders SET amount = amount * 1.1 WHERE customer % 3 = 0;
SELECT round(avg(amount), 3), round(total(amount), 1) FROM orders;
DELETE FROM orders WHERE amount < 20;
SELECT count(*), sum(id * customer % 1009) FROM orders;
