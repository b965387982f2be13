// Orders, income, reconciliation: tables that become cards on a phone.

import "./orders.css";
