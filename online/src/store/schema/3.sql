-- The first block whose payments are the customer's: the address was nobody's before.
ALTER TABLE allocations ADD COLUMN counts_from INTEGER CHECK (counts_from BETWEEN 0 AND 4294967295);
