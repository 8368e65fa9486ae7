// Package invoices reads a shop's invoice lines from CSV, in the shape of the Online
// Retail data set (Chen, Sain & Guo 2012, doi 10.24432/C5BW33), and tells them again as
// the calls that the shop's backend would have made.
//
// The columns are InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice,
// CustomerID and Country, in any order; more are allowed. The rules:
//
//   - The lines of one invoice and customer are one call, at the time of its first line
//     (some invoices of the data set run over a full minute). Times are taken as UTC.
//   - Invoices whose number starts with C are refunds; their quantities change sign first.
//   - Lines with a quantity or price of zero or less are dropped; an invoice with no line
//     left is no call. The total is the sum of quantity times price, in decimal arithmetic.
//   - Lines without a customer make anonymous orders.
//   - Stock codes that stand for no product (postage, fees, vouchers, tests) count towards
//     totals and are marked as not recommendable.
//   - The file knows no addresses. Customers get customer-<id>@example.com (RFC 2606), a
//     number from the range that Ofcom keeps for drama, the zone Europe/London, and
//     consent to marketing by e-mail and SMS with the source "replay".
//
// A line that cannot be read is a Problem with its place; the others go on.
package invoices
