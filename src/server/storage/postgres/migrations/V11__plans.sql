-- What was taken since a time, from wherever: in the order of time, so that new rows come to few pages. By place and
-- by handling unit it cost a page for nearly every pick.
DROP INDEX change_sale_location;
DROP INDEX change_sale_hu;
CREATE INDEX change_sale ON change (site, at) WHERE kind = 2;

-- What is at a place: neither what was there once, nor what came from a supplier or went to a customer.
DROP INDEX stock_location;
CREATE INDEX stock_location ON stock (site, location) WHERE units <> 0 AND location > 0;
